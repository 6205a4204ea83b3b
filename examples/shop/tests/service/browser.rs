//! The pages in a browser that runs no script, wide and narrow, light and dark.

use crate::chromium::Browser;
use crate::process::{Running, in_time};

const WIDTHS: [u32; 2] = [1280, 360];

/// Nothing of the page lies beside what can be seen.
fn assert_that_it_fits(browser: &mut Browser) {
    let (page, seen) = browser.widths();
    assert!(page <= seen, "{page} of {seen} pixels");
}

#[tokio::test]
async fn a_person_clicks_from_the_list_to_a_product_and_back() {
    in_time(async {
        let services = Running::services("");
        let shop = Running::shop(&services, "");
        let Some(mut browser) = Browser::open() else { return };
        for width in WIDTHS {
            browser.look(width, "light");
            browser.go_to(&format!("http://{}/", shop.address));
            assert_that_it_fits(&mut browser);
            browser.click("a[href='/product/7']");
            assert_eq!(browser.html("h1"), "<h1>String quartets, parts</h1>");
            assert_eq!(browser.html("#price"), "<strong id=\"price\">€7.40</strong>");
            assert!(browser.html("#recommendations").contains("the first of scores"));
            assert!(!browser.html("main").contains("as of"));
            assert_that_it_fits(&mut browser);
            browser.click("header a");
            assert_eq!(browser.html("h1"), "<h1>Everything we have</h1>");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_old_or_missing_says_so_and_an_error_leads_on() {
    in_time(async {
        let services = Running::services("");
        let shop = Running::shop(&services, "");
        let Some(mut browser) = Browser::open() else { return };
        assert_eq!(shop.product(7).await.unwrap().status(), 200);
        drop(services);
        for width in WIDTHS {
            browser.look(width, "dark");
            browser.go_to(&format!("http://{}/product/7", shop.address));
            assert_eq!(browser.html("#price"), "<strong id=\"price\">€7.40</strong>");
            assert!(browser.html(".facts").contains("as of"));
            assert!(browser.html("#recommendations").contains("We cannot tell just now."));
            assert_that_it_fits(&mut browser);
            browser.go_to(&format!("http://{}/product/8", shop.address));
            assert_that_it_fits(&mut browser);
            browser.go_to(&format!("http://{}/product/70000", shop.address));
            assert_eq!(browser.html("h1"), "<h1>We do not have that</h1>");
            browser.click("a.button");
            assert_eq!(browser.html("h1"), "<h1>Everything we have</h1>");
        }
    })
    .await;
}

#[tokio::test]
async fn the_pages_are_light_or_dark_as_the_person_likes() {
    in_time(async {
        let services = Running::services("");
        let shop = Running::shop(&services, "");
        let Some(mut browser) = Browser::open() else { return };
        for (address, path) in [(shop.address, "/"), (shop.address, "/product/7"), (shop.operators, "/")] {
            let mut seen = Vec::new();
            for scheme in ["light", "dark"] {
                browser.look(800, scheme);
                browser.go_to(&format!("http://{address}{path}"));
                seen.push([browser.style("body", "background-color"), browser.style("body", "color")]);
            }
            assert_eq!(seen[0], ["rgb(250, 248, 244)", "rgb(34, 32, 28)"], "{path}");
            assert_eq!(seen[1], ["rgb(23, 21, 15)", "rgb(236, 231, 221)"], "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_operator_clicks_to_the_timeline_of_a_slow_request() {
    in_time(async {
        let services = Running::services("--latency 20");
        let shop = Running::shop(&services, "");
        let Some(mut browser) = Browser::open() else { return };
        assert_eq!(shop.product(7).await.unwrap().status(), 200);
        for width in WIDTHS {
            browser.look(width, "light");
            browser.go_to(&format!("http://{}/", shop.operators));
            assert_that_it_fits(&mut browser);
            browser.click("#slow a");
            assert!(browser.html("#critical-path").contains("page"));
        }
    })
    .await;
}
